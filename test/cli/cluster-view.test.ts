import t from 'tap';
import { nodesAnswer, readyAnswer, shardsAnswer } from '../../src/cli/cluster-view.js';
import { nodesBody, readyBody, shardsBody } from './fake-answers.js';

t.test('reads the answers of a node, and of a newer one', async (t) => {
  t.ok(nodesAnswer.safeParse({ ...nodesBody, newer: true }).success);
  t.ok(shardsAnswer.safeParse({ ...shardsBody, newer: true }).success);
  t.ok(readyAnswer.safeParse({ ...readyBody, newer: true }).success);
});

t.test('something else is not taken for a node', async (t) => {
  for (const answer of [nodesAnswer, shardsAnswer, readyAnswer]) {
    t.notOk(answer.safeParse({}).success);
    t.notOk(answer.safeParse('hello').success);
  }
});
