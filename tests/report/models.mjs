// Reads a list of model inputs from stdin, writes the list of models to stdout.
import { readFileSync } from "node:fs";

import { readNumber, signoffModel } from "../../signoff/model.mjs";

const { inputs = [], figures = [] } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify({ models: inputs.map(signoffModel), numbers: figures.map(readNumber) }));
