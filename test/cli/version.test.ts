import t from 'tap';
import { ownVersion } from '../../src/cli/version.js';
import { runCli } from './command-line.js';

t.test('the version of package.json, of Node and the machine', async (t) => {
  t.match(ownVersion(), /^\d+\.\d+\.\d+/);
  const { out } = await runCli(['version']);
  t.equal(
    out,
    `kvorum ${ownVersion()} (Node ${process.versions.node}, ${process.platform} ${process.arch})\n`,
  );
});
