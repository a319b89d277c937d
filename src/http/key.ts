/**
 * The key of a request: the bytes after `/v1/kv/` of the raw request target up to `?`,
 * percent-decoded once and never normalised. `a//b`, `../x`, `%2F`, `%FF` and `%00` are all keys,
 * and stay so for ever: narrowing a key grammar locks people out of data they have stored.
 */
import { keyBytesMax } from './limits.js';
import { Problem } from './problems.js';

export interface ParsedTarget {
  readonly key: Buffer;
  /** The key as answers write it, where it came so already; else see `canonicalKey`. */
  readonly canonical: string | undefined;
  /** What follows `?`, undecoded; undefined when there is no `?`. */
  readonly query: string | undefined;
}

// What a target's bytes mean here.
const plain = 0;
const escaped = 1;
const illegal = 2;
const odd = 3;

/** Per character code: pchar of RFC 3986 and `/` are plain, other printable ASCII is odd. */
const kinds = buildKinds();

export function parseTarget(url: string, keyStart: number): ParsedTarget | Problem {
  let end = url.length;
  let simple = true;
  let previous = 0x2f;
  for (let at = keyStart; at < url.length; at += 1) {
    const code = url.charCodeAt(at);
    if (code === 0x3f) {
      end = at;
      break;
    }
    const kind = code < 0x80 ? kinds[code] : illegal;
    if (kind !== plain) {
      if (kind === illegal) return illegalCharacter(code);
      simple = false;
    } else if (previous === 0x2f && (code === 0x2f || code === 0x2e)) {
      simple = false;
    }
    previous = code;
  }
  const query = end === url.length ? undefined : url.slice(end + 1);
  if (query?.includes('#')) return illegalCharacter(0x23);
  const raw = url.slice(keyStart, end);
  if (raw.length === 0) return new Problem('empty_key');
  if (simple && previous !== 0x2f) {
    if (raw.length > keyBytesMax) return tooLong(raw.length);
    return { key: Buffer.from(raw, 'latin1'), canonical: raw, query };
  }
  const key = percentDecode(raw);
  if (key instanceof Problem) return key;
  if (key.length > keyBytesMax) return tooLong(key.length);
  return { key, canonical: undefined, query };
}

/**
 * The one form in which JSON shows a key: pchar (RFC 3986) and `/` as they are, every other byte
 * as `%XX`. In a key with an empty, `.` or `..` segment the slashes and those dots are encoded too,
 * since clients and proxies like to tidy such paths up.
 */
export function canonicalKey(key: Buffer): string {
  const text = key.toString('latin1');
  const fragile = text.split('/').some((segment) => /^\.{0,2}$/.test(segment));
  let canonical = '';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const keep = kinds[code] === plain && !(fragile && (code === 0x2f || code === 0x2e));
    canonical += keep ? text.charAt(at) : `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return canonical;
}

function percentDecode(raw: string): Buffer | Problem {
  const key = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at);
    if (code !== 0x25) {
      key[length] = code;
    } else {
      const high = hexDigit(raw.charCodeAt(at + 1));
      const low = hexDigit(raw.charCodeAt(at + 2));
      if (high < 0 || low < 0) {
        return new Problem('invalid_key', {
          detail: `The key has a % at byte ${at} that two hexadecimal digits do not follow.`,
        });
      }
      key[length] = high * 16 + low;
      at += 2;
    }
    length += 1;
  }
  return Buffer.from(key.subarray(0, length));
}

/** -1 when it is none; NaN, past the end of a string, is none either. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function illegalCharacter(code: number): Problem {
  const encoded = `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  const detail =
    code === 0x23
      ? 'The request target has a raw "#"; in a key it is written %23.'
      : `The request target has a raw byte ${encoded.slice(1)} (hexadecimal); write ${encoded}.`;
  return new Problem('invalid_target', { detail });
}

function tooLong(bytes: number): Problem {
  return new Problem('key_too_long', {
    detail: `The key has ${bytes} bytes; at most ${keyBytesMax} are allowed.`,
    limit_bytes: keyBytesMax,
  });
}

function buildKinds(): Uint8Array {
  const table = new Uint8Array(256).fill(illegal);
  table.fill(odd, 0x21, 0x7f);
  for (const character of "-._~!$&'()*+,;=:@/") table[character.charCodeAt(0)] = plain;
  table.fill(plain, 0x30, 0x3a);
  table.fill(plain, 0x41, 0x5b);
  table.fill(plain, 0x61, 0x7b);
  table[0x25] = escaped;
  table[0x23] = illegal;
  return table;
}
