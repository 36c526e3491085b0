#!/bin/sh
# Starts Redis with the users of users.acl: sh start.sh redis-server <options>
set -eu
umask 077
sh "$(dirname "$0")/users.sh" >/tmp/users.acl
exec "$@" --aclfile /tmp/users.acl
