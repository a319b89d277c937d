import t from 'tap';
import { nodeSchema } from '../../src/cli/config-schema.js';
import { environmentName, settingNames } from '../../src/cli/settings.js';

t.test('one name in three spellings', async (t) => {
  t.equal(environmentName('node-id'), 'KVORUM_NODE_ID');
  t.equal(environmentName('value-bytes-max'), 'KVORUM_VALUE_BYTES_MAX');
});

t.test('the schema and the list of settings are the same', async (t) => {
  t.same(Object.keys(nodeSchema.shape).sort(), [...settingNames].sort());
});
