// Whether JSON is what its published schema says, by ajv, which refuses what the schema itself gets wrong.
// In: { schema: file, values: [any] }. Out: [[complaint]], one list per value.

import { readFile } from 'node:fs/promises';
import { json } from 'node:stream/consumers';
import Ajv from 'ajv';

const { schema, values } = await json(process.stdin);
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(await readFile(schema, 'utf8')));
const complaints = values.map((value) => (validate(value) ? [] : validate.errors.map((it) => `${it.instancePath}: ${it.message}`)));
process.stdout.write(JSON.stringify(complaints));
