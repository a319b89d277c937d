/**
 * Requests of other nodes, by the first byte of their body:
 *
 *   0x01   a forwarded write or read (`shard/forward-codec.ts`; its version is the type)
 *   0x10   a piece of a snapshot (`raft/snapshots/chunk-codec.ts`)
 *   0x11   the hash of a part of a shard's state (`state-hash-codec.ts`)
 *   0x12   membership and leadership, for operators (`admin-codec.ts`)
 *   0x13   whether a replica that hears no leader was removed (`orphan-check.ts`)
 *   0x14   a change of the cluster's documents (`meta/document-change-codec.ts`)
 *
 * Whatever else a newer version may send is answered like a forwarded request that cannot be
 * read: nobody looked at it, so nothing happened.
 */
import type { IncomingRequest } from '../raft/transport/types.js';

export type PeerRequestHandler = (request: IncomingRequest) => Promise<Uint8Array>;

export class PeerRequests {
  readonly #handlers: ReadonlyMap<number, PeerRequestHandler>;
  readonly #otherwise: PeerRequestHandler;

  constructor(handlers: ReadonlyMap<number, PeerRequestHandler>, otherwise: PeerRequestHandler) {
    this.#handlers = handlers;
    this.#otherwise = otherwise;
  }

  serve(request: IncomingRequest): Promise<Uint8Array> {
    const handler = this.#handlers.get(request.body[0] ?? 0) ?? this.#otherwise;
    return handler(request);
  }
}
