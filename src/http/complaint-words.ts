/** What a parameter or field must be, in plain words: zod's own speak of schemas and unions. */

/** A complaint of zod, as far as words are made of it. */
export interface SchemaComplaint {
  readonly code: string;
  readonly message?: string;
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly options?: readonly unknown[];
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  readonly divisor?: number;
  /** Of each alternative, why it is not that one. */
  readonly errors?: readonly (readonly SchemaComplaint[])[];
}

/** `is missing`, `must be a whole number`. */
export function complaintWords(complaint: SchemaComplaint): string {
  const isMissing = complaint.message?.endsWith('received undefined') ?? false;
  if (isMissing) return 'is missing';
  const wanted = wantedWords(complaint);
  return wanted === undefined ? 'has another form than /docs shows' : `must be ${wanted}`;
}

function wantedWords(complaint: SchemaComplaint): string | undefined {
  const { code, expected = '', values, options, errors = [], divisor } = complaint;
  if (code === 'invalid_type') return types[expected];
  if (code === 'too_small' || code === 'too_big') return sizeWords(complaint);
  if (code === 'not_multiple_of') return `a multiple of ${divisor}`;
  if (values !== undefined) return either(values.map(shown));
  if (options !== undefined) return either(options.map(shown));
  if (code !== 'invalid_union') return undefined;
  const wanted = errors.flatMap(([first]) => (first && wantedWords(first)) ?? []);
  return wanted.length === 0 ? undefined : either([...new Set(wanted)]);
}

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a JSON object',
  record: 'a JSON object',
  array: 'a list',
  null: 'null',
};

const units: Readonly<Record<string, string>> = {
  string: ' characters long',
  array: ' items long',
};

function sizeWords({ code, origin = '', minimum, maximum, inclusive = true }: SchemaComplaint) {
  const unit = units[origin] ?? '';
  if (code === 'too_small') return `${inclusive ? 'at least' : 'more than'} ${minimum}${unit}`;
  return `${inclusive ? 'at most' : 'less than'} ${maximum}${unit}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function either(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
