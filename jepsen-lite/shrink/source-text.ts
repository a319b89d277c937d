/** A JSON value as it stands in a source file of this project: short lines, plain keys. */

const columnsMax = 100;
const step = 2;

/** `indent`: of the line where it begins; `taken`: what stands before and behind it there. */
export function sourceText(value: unknown, indent = 0, taken = 0): string {
  const flat = flatText(value);
  const isWhole = typeof value !== 'object' || value === null;
  const fits = indent + taken + flat.length <= columnsMax;
  if (isWhole || (fits && !hasTable(value))) return flat;
  const inner = indent + step;
  const pad = ' '.repeat(inner);
  const lines = Array.isArray(value)
    ? value.map((item) => `${pad}${sourceText(item, inner, 1)},`)
    : fieldsOf(value).map(([name, item]) => {
        const key = `${keyText(name)}: `;
        return `${pad}${key}${sourceText(item, inner, key.length + 1)},`;
      });
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${lines.join('\n')}\n${' '.repeat(indent)}${close}`;
}

/** The formatter gives each row of a table its own line. */
function hasTable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const items: readonly unknown[] = Object.values(value);
  const isTable = Array.isArray(value) && items.length > 1 && items.every(isRow);
  return isTable || items.some(hasTable);
}

function isRow(item: unknown, _: number, all: readonly unknown[]): boolean {
  if (typeof item !== 'object' || item === null) return false;
  return Object.keys(item).length > 1 && Array.isArray(item) === Array.isArray(all[0]);
}

function flatText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(flatText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const fields = fieldsOf(value).map(([name, item]) => `${keyText(name)}: ${flatText(item)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function fieldsOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** With the quotes that need no escapes, as far as there are such. */
function quoted(text: string): string {
  const json = JSON.stringify(text);
  if (text.includes("'")) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}
