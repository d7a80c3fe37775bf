#!/usr/bin/env bash
# Simulates the cities that the speed model learns from beside the recordings of shanghai-core:
# three parts of Shanghai that do not overlap it, one of them on two mornings.
#
#   bash benchmarks/city/make_cities.sh EXTRACT.osm.gz FOLDER
#   .venv/bin/python benchmarks/learn_speed.py FOLDER/feeds/*
#
# The extract must reach from 121.40 to 121.56 degrees east and 31.17 to 31.285 north. Needs the
# extra `sim`; some five minutes a city.
set -euo pipefail

osm=$1
out=$2
north="121.41 31.2475 121.54 31.285"
southwest="121.40 31.17 121.53 31.17 121.53 31.1965 121.4485 31.1965 121.4485 31.246 121.40 31.246"
east="121.5165 31.178 121.56 31.2465"

city() {
    .venv/bin/python benchmarks/city/simulate.py "$osm" "$1" "$out" --area $2 --start "$3T23:00:00+00:00" "${@:4}"
}

mkdir -p "$out"
city north-act "$north" 2026-09-22 --guess-signals \
    --seed 2 --cars-per-minute 75 --taxis 250 --lines 18
city southwest-act "$southwest" 2026-09-23 --seed 2 --cars-per-minute 52 --taxis 190 --lines 14
city southwest-heavy "$southwest" 2026-09-24 --seed 3 --cars-per-minute 66 --taxis 190 --lines 14
city east-act "$east" 2026-09-25 \
    --seed 4 --cars-per-minute 30 --taxis 110 --lines 8 --breakdowns 2
