// Parses Bicep with tree-sitter-bicep and writes the trees as JSON: node parse.mjs FILE…
// A node has its type, its text if it has no children, its named children, and where
// the grammar names them its fields. Text that the grammar does not know is an ERROR.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Language, Parser } from 'web-tree-sitter';

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(fileURLToPath(new URL('node_modules/tree-sitter-bicep/tree-sitter-bicep.wasm', import.meta.url))));

function tree(node) {
  const children = node.namedChildren.filter((child) => child.type !== 'comment');
  const out = { type: node.isMissing ? 'MISSING' : node.type, line: node.startPosition.row + 1 };
  if (children.length === 0) out.text = node.text;
  else out.children = children.map(tree);
  // What stands for itself in the grammar, such as the word existing or an operator.
  const words = node.children.filter((child) => !child.isNamed).map((child) => child.text);
  if (words.length > 0) out.words = words;
  return out;
}

const trees = {};
for (const file of process.argv.slice(2)) {
  const root = parser.parse(readFileSync(file, 'utf8')).rootNode;
  trees[file] = { ...tree(root), hasError: root.hasError };
}
process.stdout.write(JSON.stringify(trees));
