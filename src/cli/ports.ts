/** Can this process listen there? Asked before nodes are started and by `kvorum doctor`. */
import { createServer } from 'node:net';
import { type Address, formatAddress } from './address.js';

/** Undefined when the port is free; else what is in the way, for an operator. */
export function portProblem(address: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(explain(address, error)));
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      server.close(() => resolve(undefined));
    });
  });
}

function explain(address: Address, error: NodeJS.ErrnoException): string {
  const where = formatAddress(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where} is in use by another process`;
    case 'EACCES':
      return `${where} needs more rights than this user has`;
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine`;
    case 'ENOTFOUND':
      return `${where} has a host name that does not resolve`;
    default:
      return `${where} cannot be listened on: ${error.message}`;
  }
}
