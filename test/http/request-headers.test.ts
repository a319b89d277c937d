import t from 'tap';
import { readHeaders, repeatedHeader } from '../../src/http/request-headers.js';

t.test('picks the known headers in any spelling and leaves the rest', (t) => {
  const headers = readHeaders([
    'HOST',
    'h',
    'If-MATCH',
    '"1"',
    'Accept',
    '*/*',
    'accept',
    'x',
    'Xost',
    'n',
  ]);
  t.match(headers, { host: 'h', ifMatch: '"1"', ifNoneMatch: undefined, repeated: undefined });
  t.equal(repeatedHeader(headers), undefined);
  t.end();
});

t.test('an empty value is a value', (t) => {
  t.equal(readHeaders(['If-Match', '']).ifMatch, '');
  t.end();
});

t.test('the first repeated one is named', (t) => {
  const headers = readHeaders(['If-Match', '"1"', 'if-match', '"2"', 'Host', 'a', 'Host', 'b']);
  t.equal(headers.ifMatch, '"1"');
  t.match(repeatedHeader(headers), { code: 'repeated_header', facts: { header: 'if-match' } });
  t.end();
});
