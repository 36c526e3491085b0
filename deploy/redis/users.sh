#!/bin/sh
# Prints the ACL file of users.acl. The passwords are of letters and digits, in REDIS_<USER>_PASSWORD.
set -eu
prefix=${SLUICE_PREFIX:-sluice}
awk '
  /^#/ || /^$/ { next }
  /^ / { line = line $0; next }
  { if (line != "") print line; line = $0 }
  END { print line }
' "$(dirname "$0")/users.acl" | sed \
  -e "s/PREFIX/$prefix/g" \
  -e "s/PRODUCER_PASSWORD/$REDIS_PRODUCER_PASSWORD/" \
  -e "s/WORKER_PASSWORD/$REDIS_WORKER_PASSWORD/" \
  -e "s/SCALER_PASSWORD/$REDIS_SCALER_PASSWORD/" \
  -e "s/DASHBOARD_PASSWORD/$REDIS_DASHBOARD_PASSWORD/"
