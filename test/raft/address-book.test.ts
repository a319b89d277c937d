/** Where replicas live that are not members. */
import t from 'tap';
import { AddressBook } from '../../src/raft/address-book.js';

t.test('a replica lives where it was heard from last', async (t) => {
  const book = new AddressBook();
  t.equal(book.nodeOf(7), undefined);
  book.heard(7, 2);
  t.equal(book.nodeOf(7), 2);
});

t.test('whoever leaves a configuration can still be told (E9)', async (t) => {
  const book = new AddressBook();
  const member = (id: number) => [{ node: id, replica: id + 10 }];
  book.left({
    voters: member(1),
    outgoing: member(2),
    learners: member(3),
    learnersNext: member(4),
    autoLeave: true,
    nextReplica: 20,
  });
  t.same(
    [11, 12, 13, 14].map((replica) => book.nodeOf(replica)),
    [1, 2, 3, 4],
  );
});

t.test('strangers are bounded: the one not heard of for longest is forgotten', async (t) => {
  const book = new AddressBook();
  for (let replica = 1; replica <= 64; replica += 1) book.heard(replica, 5);
  book.heard(1, 5);
  book.heard(65, 5);
  t.equal(book.nodeOf(2), undefined);
  t.equal(book.nodeOf(1), 5);
  t.equal(book.nodeOf(65), 5);
});
