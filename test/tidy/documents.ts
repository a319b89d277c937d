/** Markdown: one first-level heading per document, and links that lead somewhere. */
import { dirname, normalize } from 'node:path';
import type { SourceFile } from './tree.js';

export function findDocumentViolations(
  file: SourceFile,
  exists: (path: string) => boolean,
): string[] {
  const prose = withoutCode(file.text);
  const found: string[] = [];
  const headings = prose.split('\n').filter((line) => /^# /.test(line)).length;
  if (headings !== 1) found.push(`${file.path}: ${headings} first-level headings instead of one`);
  for (const [, target] of prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)) {
    if (target === undefined || /^[a-z]+:/.test(target)) continue;
    const [path, anchor] = target.split('#');
    if (path) {
      const resolved = normalize(`${dirname(file.path)}/${decodeURI(path)}`);
      if (!exists(resolved)) found.push(`${file.path}: link to ${target}, which does not exist`);
    } else if (anchor && !anchorsOf(prose).has(anchor)) {
      found.push(`${file.path}: link to #${anchor}, which no heading has`);
    }
  }
  return found;
}

/** Headings and links inside code are examples. */
function withoutCode(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
}

/** As GitHub makes them. */
function anchorsOf(prose: string): Set<string> {
  const headings = [...prose.matchAll(/^#{1,6} +(.+?) *$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
