/** A headless Chromium, driven over its debugging protocol. Where there is none, tests skip. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'undici';

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Its name, or nothing. */
export function findBrowser(): string | undefined {
  return programs.find((name) => spawnSync(name, ['--version']).status === 0);
}

export interface Page {
  /** The value of an expression in the page; a promise is waited for. */
  evaluate(expression: string): Promise<unknown>;
  mouse(type: 'Moved' | 'Pressed' | 'Released', x: number, y: number): Promise<void>;
  press(key: string): Promise<void>;
  /** PNG. */
  screenshot(): Promise<Buffer>;
  /** Errors of scripts, complaints on the console, and whatever was asked of a network. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

export async function openPage(
  program: string,
  url: string,
  { width = 1280, height = 1000, dark = false } = {},
): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'kvorum-browser-'));
  const child = spawn(
    program,
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
      ...['--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
      ...(dark ? ['--blink-settings=preferredColorScheme=0'] : []),
      ...[`--user-data-dir=${profile}`, '--remote-debugging-port=0'],
      ...[`--window-size=${width},${height}`, 'about:blank'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const connection = await connect(await debuggingUrl(child.stderr));
  const complaints: string[] = [];
  connection.listen((method, params) => {
    const complaint = complaintOf(method, params);
    if (complaint !== undefined) complaints.push(complaint);
  });
  const { send } = connection;
  for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await send(`${domain}.enable`);
  await send('Emulation.setDeviceMetricsOverride', {
    ...{ width, height, deviceScaleFactor: 1, mobile: false },
  });
  const loaded = connection.event('Page.loadEventFired');
  await send('Page.navigate', { url });
  await loaded;
  return {
    complaints,
    async evaluate(expression) {
      const wanted = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await send('Runtime.evaluate', wanted);
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { value?: unknown }).value;
    },
    async mouse(type, x, y) {
      const button = type === 'Moved' ? 'none' : 'left';
      await send('Input.dispatchMouseEvent', { type: `mouse${type}`, x, y, button, clickCount: 1 });
    },
    async press(key) {
      await send('Input.dispatchKeyEvent', { type: 'keyDown', key });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', key });
    },
    async screenshot() {
      const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(String(data), 'base64');
    },
    async close() {
      const ended = once(child, 'exit');
      connection.close();
      child.kill('SIGKILL');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

function complaintOf(method: string, params: Readonly<Record<string, unknown>>) {
  if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') {
    return JSON.stringify(params);
  }
  if (method === 'Runtime.consoleAPICalled') return JSON.stringify(params);
  if (method !== 'Network.requestWillBeSent') return undefined;
  const { url } = params['request'] as { url: string };
  return /^(file|data|about):/.test(url) ? undefined : `the page asked for ${url}`;
}

async function debuggingUrl(stderr: NodeJS.ReadableStream): Promise<string> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stderr })) {
    said.push(line);
    const [, host] = /DevTools listening on ws:\/\/([^/]+)/.exec(line) ?? [];
    if (host === undefined) continue;
    stderr.resume();
    const answer = await fetch(`http://${host}/json/list`);
    const targets = (await answer.json()) as { type: string; webSocketDebuggerUrl: string }[];
    const page = targets.find(({ type }) => type === 'page');
    if (page !== undefined) return page.webSocketDebuggerUrl;
  }
  throw new Error(`the browser did not start: ${said.join('\n')}`);
}

async function connect(url: string) {
  const socket = new WebSocket(url);
  await new Promise((opened, failed) => {
    socket.addEventListener('open', opened);
    socket.addEventListener('error', failed);
  });
  const waiting = new Map<number, (message: Message) => void>();
  const listeners: ((method: string, params: Readonly<Record<string, unknown>>) => void)[] = [];
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    if (message.method === undefined) return;
    for (const listen of listeners) listen(message.method, message.params ?? {});
  });
  let count = 0;
  const send = async (method: string, params: object = {}) => {
    count += 1;
    const id = count;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { result = {}, error } = await answer;
    waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  return {
    send,
    listen: (listener: (typeof listeners)[number]) => listeners.push(listener),
    event: (wanted: string) =>
      new Promise<void>((resolve) => {
        listeners.push((method) => {
          if (method === wanted) resolve();
        });
      }),
    close: () => socket.close(),
  };
}
