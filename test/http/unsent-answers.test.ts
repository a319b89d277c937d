import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import t from 'tap';
import { UnsentAnswers } from '../../src/http/unsent-answers.js';

class FakeSocket extends EventEmitter {
  writableLength = 1;
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function make() {
  const clock = { now: 0 };
  const answers = new UnsentAnswers(100, () => clock.now);
  const open = (bytes: number) => {
    const socket = new FakeSocket();
    const response = Object.assign(new EventEmitter(), { socket });
    answers.track(response as unknown as ServerResponse, socket as unknown as Socket, bytes);
    return { socket, response };
  };
  return { clock, answers, open };
}

t.test('counts until taken or until the connection goes', (t) => {
  const { answers, open } = make();
  const first = open(10);
  const second = open(20);
  t.equal(answers.bytes, 30);
  first.response.emit('finish');
  t.equal(answers.bytes, 20);
  second.socket.destroy();
  t.equal(answers.bytes, 0);
  second.response.emit('finish');
  t.equal(answers.bytes, 0);
  t.end();
});

t.test('what the system took at once is not counted', (t) => {
  const { answers } = make();
  const socket = Object.assign(new FakeSocket(), { writableLength: 0 });
  const response = Object.assign(new EventEmitter(), { socket });
  answers.track(response as unknown as ServerResponse, socket as unknown as Socket, 10);
  t.equal(answers.bytes, 0);
  t.end();
});

t.test('over the limit slow connections are cut, oldest first; else it says no', (t) => {
  const { answers, clock, open } = make();
  const first = open(60);
  clock.now = 1500;
  const second = open(60);
  t.notOk(answers.admit(), 'nobody is slow yet');
  clock.now = 2000;
  t.ok(answers.admit());
  t.ok(first.socket.destroyed);
  t.notOk(second.socket.destroyed);
  t.equal(answers.bytes, 60);
  t.end();
});
