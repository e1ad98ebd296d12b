#!/usr/bin/env bash
# Processes the examples and shows the first rejects of each. BIN is the directory that the command is in.
set -euo pipefail
cd "$(dirname "$0")/.."
thresher="${BIN:-.venv/bin}/thresher"
out=examples/out
mkdir -p "$out"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

show() {
    echo "\$ thresher $*"
    "$thresher" "$@"
}

first() {
    echo "\$ head -n $2 $1"
    # Long lines are cut to the width of a page; the file has them whole.
    head -n "$2" "$1" | cut -c 1-400
}

say 'Real data: the raw Palmer penguins table. What is odd in it?'
show process examples/penguins.csv --schema examples.penguins:Penguin --null-value NA \
    -o "$out/penguins.csv" --rejects "$out/penguins.rejects.jsonl" --report "$out/penguins.json"
first "$out/penguins.rejects.jsonl" 3
first "$out/penguins.csv" 3

say 'A file with many kinds of defects.'
show process examples/defects.csv --schema examples.orders:Order \
    -o "$out/defects.jsonl" --rejects "$out/defects.rejects.jsonl"
first "$out/defects.rejects.jsonl" 5
first "$out/defects.jsonl" 3

say 'How each field is checked.'
show explain examples.orders:Order
