// @ts-check
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// Checks the subjects of commits: node checkSubjects.mjs <file with a message>, or --range <base>..<head>.
// Exits 1 and prints those that are too long; merges are made by git and are left out.

const LONGEST = 72;

const [first = '', range = ''] = process.argv.slice(2);
const subjects = first === '--range' ? subjectsOf(range) : [subjectIn(readFileSync(first, 'utf8'))];
const tooLong = subjects.filter((subject) => [...subject].length > LONGEST);
for (const subject of tooLong) {
  console.error(`The subject has ${[...subject].length} characters, ${LONGEST} are allowed:\n  ${subject}`);
}
process.exitCode = tooLong.length === 0 ? 0 : 1;

/**
 * Subjects of the commits in a range.
 * @param {string} commits
 */
function subjectsOf(commits) {
  const log = execFileSync('git', ['log', '--no-merges', '--format=%s', commits], { encoding: 'utf8' });
  return log.split('\n').filter((line) => line !== '');
}

/**
 * The first line of a message that git does not strip as a comment.
 * @param {string} message
 */
function subjectIn(message) {
  return message.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
}
