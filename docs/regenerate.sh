#!/usr/bin/env bash
# Makes the bundled rows, models and tables anew from their seeds:
#   docs/regenerate.sh [FOLDER [OPTIONS OF THE REPORTS…]]
# All goes to FOLDER (default: regenerated). What is there is kept, so that an interrupted run goes on; delete a
# file to have it made again. SIZEWRIGHT names another program, CIRCUITS other circuits or rows (NAME:ROWS, or
# NAME:ROWS:SIMULATIONS for rows to grow), EPOCHS another length of the trainings. GROWN=8000 grows rows at the front, of circuits
# that have no number of simulations of their own by so many, as the bundled grown.csv and grown models were.
set -euo pipefail
out=$(realpath -m "${1:-regenerated}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sizewright=${SIZEWRIGHT:-target/debug/sizewright}
circuits=${CIRCUITS:-ota1:2024 ota2:1744 ota3:969 ota4:1016}
epochs=(${EPOCHS:+--epochs "$EPOCHS"})

mkdir -p "$out/datasets" "$out/assets"
cp -r datasets/models "$out/datasets/"
folders=()
for circuit in $circuits; do
  IFS=: read -r name rows simulations <<<"$circuit"
  folder=$out/datasets/$name
  folders+=("$folder")
  mkdir -p "$folder"
  for file in datasets/"$name"/*; do
    case ${file##*/} in samples.csv | grown.csv) ;; *) cp "$file" "$folder/" ;; esac
  done
  # both are written whole or not at all
  [ -e "$folder/samples.csv" ] ||
    "$sizewright" dataset generate "$name" --rows "$rows" --seed 1 --out "$folder/samples.csv"
  [ -e "$out/assets/$name.model" ] ||
    "$sizewright" train "$folder" "${epochs[@]}" --backend cpu --slim --out "$out/assets/$name.model"
  # simulations at the front of the rows, from the model of these
  if [ -n "${GROWN-}" ] && [ ! -e "$out/assets/$name.grown.model" ]; then
    cp "$out/assets/$name.model" "$folder/"
    "$sizewright" train "$folder" "${epochs[@]}" --active "${simulations:-$GROWN}" --backend cpu --slim \
      --out "$out/assets/$name.grown.model" --grown "$folder/grown.csv"
    rm "$folder/$name.model"
  fi
done
list=$(IFS=,; echo "${folders[*]}")
for table in table1 table2 generalisation; do
  "$sizewright" report "$table" --circuits "$list" "${epochs[@]}" --backend cpu --out "$out/tables" "${@:2}" >/dev/null
done
