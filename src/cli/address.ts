/** `host:port` as people write it: a name, an IPv4 address, or an IPv6 address in brackets. */
import { isIPv4, isIPv6 } from 'node:net';

export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

export const addressAllowed = 'HOST:PORT with a port from 1 to 65535';

/** Undefined when it is not an address. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s/@,=]+)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const [, bracketed, plain, digits] = match;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  if (plain === undefined || !isHost(plain)) return undefined;
  return { host: plain, port };
}

export function formatAddress(address: Address): string {
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** Reachable from this machine alone. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  return host === 'localhost' || (isIPv6(host) && /^(?:0*:)*:?0*1$/.test(host));
}

/** Means "all addresses of this machine" to a listener and nothing to anyone who dials it. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || (isIPv6(host) && /^[0:]+$/.test(host));
}

function isHost(text: string): boolean {
  // Digits and dots alone mean an IPv4 address; `1.2.3` or `300.1.1.1` is a slip, not a name.
  if (/^[\d.]+$/.test(text)) return isIPv4(text);
  return text.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text);
}
