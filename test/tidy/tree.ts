/** The files of the project as the tidy test reads them: paths from the root, with slashes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Folders whose code is ours. Data and fixtures are not code. */
const codeFolders = ['src', 'test', 'bench', 'jepsen-lite', 'bin'];

export function codeFiles(): SourceFile[] {
  return codeFolders
    .flatMap((folder) => filesUnder(folder))
    .filter((path) => /\.(ts|js)$/.test(path) && !path.includes('/fixtures/'))
    .map(readSource);
}

export function markdownFiles(): SourceFile[] {
  const top = readdirSync(root).filter((name) => !ignoredAtTop.has(name));
  return top
    .flatMap((name) => filesUnder(name))
    .filter((path) => path.endsWith('.md'))
    .map(readSource);
}

const ignoredAtTop = new Set(['node_modules', 'build', '.git', '.tap', '.kvorum']);

export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

export function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

/** All files under a folder, or the file itself. */
function filesUnder(path: string): string[] {
  if (!exists(path)) return [];
  const entries = readdirIfFolder(path);
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => !entry.startsWith('tap-testdir-') && entry !== 'node_modules')
    .sort()
    .flatMap((entry) => filesUnder(`${path}/${entry}`));
}

function readdirIfFolder(path: string): string[] | undefined {
  try {
    return readdirSync(join(root, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}
