/**
 * Joins the page's modules into one script: a page that was opened from a file cannot import. Each
 * module becomes a function's scope, so that names inside may be the same; what it exports is an
 * object under its name. Only the notation that the page's modules use is understood.
 */
const importing = /^import \{([^}]*)\} from '\.\/([\w-]+\.js)';$/gm;
const exporting = /^export (?=(?:const|function|class) (\w+))/gm;

/** `read` gives a module's text by its name. Each comes once, behind those that it imports. */
export function joinModules(main: string, read: (name: string) => string): string {
  const joined = new Map<string, string>();
  const add = (name: string): void => {
    if (joined.has(name)) return;
    // Held until it is known: a circle would show as a use before the definition.
    joined.set(name, '');
    const text = read(name);
    for (const [, , imported = ''] of text.matchAll(importing)) add(imported);
    joined.delete(name);
    joined.set(name, asScope(name, text));
  };
  add(main);
  return `(() => {
'use strict';
const modules = {};
${[...joined.values()].join('')}})();
`;
}

function asScope(name: string, text: string): string {
  const exported = [...text.matchAll(exporting)].map(([, what]) => what);
  const body = text
    .replace(importing, (_, names: string, from: string) => {
      return `const {${names}} = modules['${from}'];`;
    })
    .replace(exporting, '');
  const stray = /^(?:import|export)\b.*$/m.exec(body);
  if (stray !== null) throw new Error(`${name}: this is not understood: ${stray[0]}`);
  return `modules['${name}'] = (() => {
${body}return { ${exported.join(', ')} };
})();
`;
}
