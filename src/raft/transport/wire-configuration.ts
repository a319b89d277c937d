/**
 * Configurations that came from another node, in snapshot offers and in entries. They decide about
 * majorities and are durable soon after, so nonsense is stopped at the door: what passes here is
 * one that a group could have.
 */
import { decodeConfiguration } from '../core/configuration-codec.js';
import type { Configuration } from '../core/types.js';
import type { ByteReader } from './byte-reader.js';
import { nodeIdMax } from './hello.js';

export function readConfiguration(reader: ByteReader, data: Uint8Array): Configuration {
  const configuration = decodeConfiguration(data);
  if (configuration === undefined) return reader.fail('a configuration cannot be read');
  const problem = problemOf(configuration);
  return problem === undefined ? configuration : reader.fail(`a configuration ${problem}`);
}

function problemOf(configuration: Configuration): string | undefined {
  const { voters, outgoing, learners, learnersNext, nextReplica } = configuration;
  if (voters.length === 0) return 'has no voters';
  for (const members of [voters, outgoing, learners, learnersNext]) {
    const nodes = new Set(members.map(({ node }) => node));
    if (nodes.size < members.length) return 'has two replicas on one node';
    for (const { node, replica } of members) {
      if (node < 1 || node > nodeIdMax) return `has a node ${node}`;
      if (replica < 1 || replica >= nextReplica) return `has a replica ${replica}`;
    }
  }
  return undefined;
}
