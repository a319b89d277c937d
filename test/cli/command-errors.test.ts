import t from 'tap';
import { CommandError, UsageError } from '../../src/cli/command-errors.js';
import { exitCodes } from '../../src/cli/exit-codes.js';

t.test('a command error carries its exit code', async (t) => {
  const error = new CommandError('no', exitCodes.notApplied);
  t.equal(error.exitCode, 5);
  t.equal(error.name, 'CommandError');
  t.equal(new UsageError('how').name, 'UsageError');
});
