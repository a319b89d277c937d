import * as fc from 'fast-check';
import t from 'tap';
import {
  configurationBytes,
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
  view.setUint32(0, 2, true);
  t.equal(getConfiguration(view, 0, end), undefined, 'unknown flags');
});
