#!/bin/sh
# Installs packages from the site's folder. $@: their names.
set -eu

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
