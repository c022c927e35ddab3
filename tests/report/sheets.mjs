// Reads a list of model inputs from stdin, writes the list of sheets to stdout.
import { readFileSync } from "node:fs";

import { signoffModel } from "../../signoff/model.mjs";
import { renderSheet } from "../../signoff/sheet.mjs";

const inputs = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(inputs.map((input) => renderSheet(signoffModel(input), input.requirements))));
