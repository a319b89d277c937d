import * as fc from 'fast-check';
import t from 'tap';
import {
  configurationBytes,
  decodeConfiguration,
  encodeConfiguration,
  getConfiguration,
  MEMBERS_MAX,
  putConfiguration,
} from '../../../src/raft/core/configuration-codec.js';
import type { Configuration } from '../../../src/raft/core/types.js';

const members = fc.array(fc.record({ node: fc.nat(65535), replica: fc.maxSafeNat() }), {
  maxLength: 6,
});
const configurations: fc.Arbitrary<Configuration> = fc.record({
  voters: members,
  outgoing: members,
  learners: members,
  learnersNext: members,
  autoLeave: fc.boolean(),
  nextReplica: fc.maxSafeNat(),
});

function encoded(configuration: Configuration): DataView {
  const view = new DataView(new ArrayBuffer(configurationBytes(configuration)));
  putConfiguration(view, 0, configuration);
  return view;
}

const member = (replica: number) => ({ node: replica, replica });
const joint: Configuration = {
  voters: [member(1), member(4)],
  outgoing: [member(1), member(2)],
  learners: [member(5)],
  learnersNext: [member(2)],
  autoLeave: true,
  nextReplica: 6,
};

t.test('every configuration comes back, and takes the space it said', async (t) => {
  fc.assert(
    fc.property(configurations, (configuration) => {
      const view = encoded(configuration);
      const end = putConfiguration(view, 0, configuration);
      t.equal(end, view.byteLength);
      t.strictSame(
        JSON.parse(JSON.stringify(getConfiguration(view, 0, end))),
        JSON.parse(JSON.stringify(configuration)),
      );
    }),
    { numRuns: 50 },
  );
});

t.test('what is not exactly a configuration is refused', async (t) => {
  const configuration = {
    voters: [{ node: 1, replica: 2 }],
    outgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
    nextReplica: 100,
  };
  const view = encoded(configuration);
  const end = view.byteLength;
  t.equal(getConfiguration(view, 0, end - 8), undefined, 'too short');
  t.equal(getConfiguration(view, 0, 16), undefined, 'half a header');
  const longer = new DataView(new ArrayBuffer(end + 8));
  putConfiguration(longer, 0, configuration);
  t.equal(getConfiguration(longer, 0, end + 8), undefined, 'too long');
  view.setUint32(8, MEMBERS_MAX + 1, true);
  t.equal(getConfiguration(view, 0, end), undefined, 'too many members');
  view.setUint32(8, 1, true);
  view.setUint32(0, 4, true);
  t.equal(getConfiguration(view, 0, end), undefined, 'unknown flags');
});

t.test('an older file has no nextReplica: nobody had left by then', async (t) => {
  const voters = [3, 9, 7].map((replica) => ({ node: replica, replica }));
  const nobody = { outgoing: [], learners: [], learnersNext: [], autoLeave: true };
  const view = encoded({ voters, ...nobody, nextReplica: 40 });
  t.equal(getConfiguration(view, 0, view.byteLength)?.nextReplica, 40);
  view.setUint32(0, 1, true);
  t.match(getConfiguration(view, 0, view.byteLength - 8), { autoLeave: true, nextReplica: 10 });
});

t.test('the data of an entry', async (t) => {
  const data = encodeConfiguration(joint);
  const within = Buffer.concat([Buffer.from('abc'), data]).subarray(3);
  t.same(decodeConfiguration(within), joint);
  t.equal(decodeConfiguration(data.subarray(1)), undefined);
});
