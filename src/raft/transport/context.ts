/** What all parts of one transport share. */
import type { Clock } from '../clock.js';
import type { FrameScratch } from './frame-scratch.js';
import type { HelloSelf } from './hello.js';
import type { TransportLimits } from './limits.js';
import type { TransportLogger } from './logger.js';
import type { PeerIdentities } from './peer-identities.js';

export interface TransportContext {
  readonly self: HelloSelf;
  readonly secret: Buffer;
  readonly clock: Clock;
  /** Uniform in [0, 1); only for back-off, never for secrets. */
  readonly random: () => number;
  readonly logger: TransportLogger;
  readonly identities: PeerIdentities;
  readonly limits: TransportLimits;
  readonly scratch: FrameScratch;
}
