/** A configuration from another node is one that a group could have, or the frame is refused. */
import t from 'tap';
import { encodeConfiguration, MEMBERS_MAX } from '../../../src/raft/core/configuration-codec.js';
import type { Configuration } from '../../../src/raft/core/types.js';
import { ByteReader } from '../../../src/raft/transport/byte-reader.js';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import { decodeRecords } from '../../../src/raft/transport/record-codec.js';
import { readConfiguration } from '../../../src/raft/transport/wire-configuration.js';

const voter = { node: 1, replica: 1 };
const sound = {
  voters: [voter],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 2,
};
const many = Array.from({ length: MEMBERS_MAX + 1 }, (_, at) => ({ node: at + 1, replica: 1 }));
const unsound: [string, Configuration, RegExp][] = [
  ['no voters', { ...sound, voters: [], learners: [voter] }, /has no voters/],
  ['too many members', { ...sound, learners: many }, /cannot be read/],
  ['two replicas on a node', { ...sound, voters: [voter, voter] }, /two replicas on one node/],
  ['node 0', { ...sound, outgoing: [{ node: 0, replica: 1 }] }, /node 0/],
  ['node 65,536', { ...sound, learners: [{ node: 65_536, replica: 1 }] }, /node 65536/],
  ['replica 0', { ...sound, learnersNext: [{ node: 1, replica: 0 }] }, /replica 0/],
  ['an id that was never given', { ...sound, nextReplica: 1 }, /replica 1/],
];

/** The length, then the bytes. */
function sized(data: Uint8Array): number[] {
  const writer = new ByteWriter(8 + data.length);
  writer.varint(data.length);
  writer.bytes(data);
  return [...writer.buffer.subarray(0, writer.position)];
}

for (const [name, configuration, why] of unsound) {
  t.test(`refused in an offer and in an entry: ${name}`, async (t) => {
    const data = sized(encodeConfiguration(configuration));
    const offer = [13, 1, 1, 1, 1, 9, 1, 5, 5, ...data];
    t.match(decodeRecords(Buffer.from(offer)), why);
    const append = [1, 1, 1, 1, 1, 0, 0, 0, 1, 2, 1, ...data];
    t.match(decodeRecords(Buffer.from(append)), why);
  });
}

t.test('refused: a configuration entry that is none', async (t) => {
  const append = [1, 1, 1, 1, 1, 0, 0, 0, 1, 2, 1, 3, 1, 2, 3];
  t.match(decodeRecords(Buffer.from(append)), /cannot be read/);
});

t.test('what a group could have comes back', async (t) => {
  const joint = {
    voters: [voter, { node: 2, replica: 2 }],
    outgoing: [voter, { node: 3, replica: 3 }],
    learners: [{ node: 4, replica: 4 }],
    learnersNext: [{ node: 3, replica: 3 }],
    autoLeave: true,
    nextReplica: 5,
  };
  const reader = new ByteReader(Buffer.alloc(0));
  for (const configuration of [sound, joint]) {
    t.strictSame(readConfiguration(reader, encodeConfiguration(configuration)), configuration);
  }
});
