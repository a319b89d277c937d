/** What is no command says so by its name, wherever it is thrown. */
import t from 'tap';
import { CommandFormatError, decodeCommand } from '../../../src/kv/store/command.js';
import { CommandFormatError as same } from '../../../src/kv/store/command-format-error.js';

t.test('one class for all decoders', async (t) => {
  t.equal(CommandFormatError, same);
  t.throws(() => decodeCommand(Buffer.alloc(0)), { name: 'CommandFormatError' });
});
