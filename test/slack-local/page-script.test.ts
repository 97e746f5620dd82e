import { Script } from 'node:vm';
import { PAGE_SCRIPT } from '../../src/slack-local/page-script';

it('the page script is JavaScript that never writes HTML', () => {
  expect(() => new Script(PAGE_SCRIPT)).not.toThrow();
  expect(PAGE_SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
});
