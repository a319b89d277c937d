/**
 * Refuses unknown `Host` names on a loopback listener. A web page cannot send a request to
 * 127.0.0.1 under a false Host by itself, but a name of its own that it lets resolve to 127.0.0.1
 * (DNS rebinding) makes the browser treat this node as that page's own server. Such requests carry
 * the page's name. Addresses are fine: nobody can rebind an address.
 */
import { isIP } from 'node:net';

export type HostVerdict = 'allowed' | 'missing' | 'invalid' | 'refused';

export class HostCheck {
  /** Undefined: any name is served. */
  readonly #names: ReadonlySet<string> | undefined;
  /** Nearly all requests carry the same Host. */
  #lastAllowed: string | undefined;

  constructor(listenHost: string, allowedHosts: readonly string[]) {
    const names = [
      'localhost',
      ...allowedHosts.map((host) => hostName(host) ?? host.toLowerCase()),
    ];
    this.#names = isLoopback(listenHost) ? new Set(names) : undefined;
  }

  /** `required`: HTTP/1.1 demands the header, HTTP/1.0 does not know it. */
  check(host: string | undefined, required: boolean): HostVerdict {
    if (host === undefined) return required ? 'missing' : 'allowed';
    if (host === this.#lastAllowed) return 'allowed';
    const name = hostName(host);
    if (name === undefined) return 'invalid';
    if (this.#names !== undefined && isIP(name) === 0 && !this.#names.has(name)) return 'refused';
    this.#lastAllowed = host;
    return 'allowed';
  }
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** The lower-case name or bare address of `name[:port]`; undefined when it is neither. */
function hostName(host: string): string | undefined {
  const bracketed = /^\[([0-9A-Fa-f:.]{2,45})\](?::\d{1,5})?$/.exec(host);
  if (bracketed !== null) {
    const address = (bracketed[1] ?? '').toLowerCase();
    return isIP(address) === 6 ? address : undefined;
  }
  const match = /^([A-Za-z0-9._-]{1,255})(?::\d{0,5})?$/.exec(host);
  return match?.[1]?.toLowerCase().replace(/\.$/, '');
}
