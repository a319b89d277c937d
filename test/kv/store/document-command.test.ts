/** Changes of documents as bytes; `command.test.ts` has the way there and back. */
import t from 'tap';
import { CommandFormatError, decodeCommand } from '../../../src/kv/store/command.js';
import {
  documentNameCharactersMax,
  isDocumentName,
} from '../../../src/kv/store/document-command.js';

t.test('names: short, in small letters, with a letter or digit first', async (t) => {
  for (const name of ['map', 'nodes/1', 'a.b_c-d/9', 'x'.repeat(documentNameCharactersMax)]) {
    t.ok(isDocumentName(name), name);
  }
  for (const name of ['', '/a', 'A', 'a b', 'ä', 7, 'x'.repeat(documentNameCharactersMax + 1)]) {
    t.notOk(isDocumentName(name), `${name}`);
  }
});

for (const [what, json] of [
  ['no JSON', '{'],
  ['no object', 'null'],
  ['an array missing', '{"if":[],"put":[]}'],
  ['a name with a space', '{"if":[],"put":[["a b",1]],"remove":[]}'],
  ['an upper case name', '{"if":[],"put":[],"remove":["A"]}'],
  ['a revision that is none', '{"if":[["a",1.5]],"put":[],"remove":[]}'],
  ['a pair of three', '{"if":[["a",1,2]],"put":[],"remove":[]}'],
] as const) {
  t.test(`refused: ${what}`, async (t) => {
    const header = Buffer.alloc(24);
    header.set([1, 4]);
    t.throws(() => decodeCommand(Buffer.concat([header, Buffer.from(json)])), CommandFormatError);
  });
}
