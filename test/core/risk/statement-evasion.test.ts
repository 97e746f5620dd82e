import { classOfStatement } from '../../../src/core/risk/action-class';
import { ACTION_WEIGHTS } from '../../../src/core/risk/weights';

const gap = (text: string): string => `delete${text}from users`;

/** Every class there is: the table of weights names each. */
const ACTION_CLASSES = Object.keys(ACTION_WEIGHTS);

describe('what a statement does is seen however it is written (attack)', () => {
  it.each<[string, string, string]>([
    ['many blanks', gap(' '.repeat(500)), 'delete'],
    ['tabs and line feeds', gap('\t\n\r\n'.repeat(40)), 'delete'],
    ['a long comment', gap(`/*${'x'.repeat(400)}*/`), 'delete'],
    ['a comment with stars', gap('/*a*b**c*/'), 'delete'],
    ['a comment of MySQL that is read', '/*!50000 delete*/ from users', 'delete'],
    ['a comment to the end of the line', gap(`-- ${'x'.repeat(400)}\n`), 'delete'],
    ['another kind of it', gap('#x\n'), 'delete'],
    ['a comment mark that is quoted', "select '--'; delete from users", 'delete'],
    ['a block mark that is quoted', "select '/*'; delete from users; select '*/'", 'delete'],
    ['both', "select '--'; delete/*x*/from users", 'delete'],
    ['by an alias', 'DELETE u FROM users u', 'delete'],
    ['with a word between', 'delete ignore from users', 'delete'],
    ['the first ten', 'DELETE TOP (10) FROM users', 'delete'],
    ['a function', 'drop function f', 'delete'],
    ['a long option', 'rm --recursive /srv', 'delete'],
    ['more rights', 'GRANT ALL ON t TO eve', 'access'],
    ['many blanks before what is set', `update${' '.repeat(90)}users set a = 1`, 'write'],
    ['an alias of what is set', 'update users as u set a = 1', 'write'],
    ['a reading', 'select id, deleted from users where note = $1', 'read'],
    ['an unended comment', 'select 1 /* delete', 'read'],
  ])('%s', (_, text, expected) => {
    expect(classOfStatement(text)).toBe(expected);
  });

  it.each([
    ...[
      'delete ',
      'delete/*',
      'update ',
      'grant x ',
      '/*',
      '*/',
      '--',
      '--\n',
      '#',
      ' ',
      '\n',
      '/*!',
      'rm -',
    ],
    `${' '.repeat(200)}delete`,
  ])('hostile text is read to its end: %j', (part) => {
    // Reading that went back over what it read would take minutes at this length.
    const text = part.repeat(Math.floor(65_000 / part.length));
    expect(ACTION_CLASSES).toContain(classOfStatement(text));
  });
});
