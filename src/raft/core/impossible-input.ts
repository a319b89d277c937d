/**
 * What no correct peer sends and no intact disk holds. It stops the replica: going on could only
 * spread the damage.
 */

/** A peer sent, or the disk held, what no correct Raft produces. Stops the replica. */
export class ImpossibleInput extends Error {
  override readonly name = 'ImpossibleInput';
}
