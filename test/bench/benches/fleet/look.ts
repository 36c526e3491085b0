import { BUCKET_COUNT } from '@sluice/shared/domain/lane';
import { median } from '../../harness/median.js';
import { startScaler } from '../../sides/scalerUnderTest.js';
import { measureOurs, oneRound } from './compareSides.js';
import type { Measure } from './measure.js';
import { onFilledFleet, tellProfile } from './runFleet.js';

const LOOKS = 5;

/** What it costs the scaler to look at all tenants. */
export const look: Measure = {
  name: 'look',
  summary: 'Time and round trips of one look of the scaler at all tenants',
  method:
    'Every tenant has one job waiting and no worker runs. A scaler process of its own looks at all of them again and again; its ' +
    `first look, which writes every tenant's slots, is left out. The time is the median of ${LOOKS} looks by the scaler's own ` +
    'metric. Round trips are the commands that it sends, as Redis shows them (MONITOR, in later looks, so that it slows none ' +
    'of the timed ones), by look and bucket: an upper bound, since commands that are sent together share a round trip.',
  measure(context) {
    const { tenants, servers } = context;
    return measureOurs(
      oneRound(context),
      `look, ${tenants} tenants`,
      () =>
        onFilledFleet('ours', context, async ({ generator }) => {
          await generator.fill({ from: 0, tenants, jobsEach: 1 });
          const scaler = await startScaler(servers, context.profileDir);
          try {
            await scaler.looked(1);
            const timesMs: number[] = [];
            for (let i = 0; i < LOOKS; i++) timesMs.push(await scaler.timeNextLook());
            const { commands, looks } = await scaler.countCommands();
            return {
              figures: { look: median(timesMs), roundTrips: commands / looks / BUCKET_COUNT },
              notes: [
                `looks took ${timesMs.map((ms) => ms.toFixed(0)).join(', ')} ms; ${commands} commands in ${looks} looks`,
              ],
            };
          } finally {
            const profile = await scaler.stop();
            if (profile !== null) await tellProfile(context, 'the scaler', profile);
          }
        }),
      [
        {
          metric: `one look of the scaler at ${tenants.toLocaleString('en')} tenants`,
          unit: 'ms',
          figure: 'look',
          target: { of: 'ours', bound: 'at-most', value: 500 },
        },
        {
          metric: 'round trips of a look per bucket',
          unit: 'commands',
          figure: 'roundTrips',
          target: { of: 'ours', bound: 'at-most', value: 2 },
        },
      ],
    );
  },
};
