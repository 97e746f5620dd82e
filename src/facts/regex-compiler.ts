import { RE2JS } from 're2js';
import type { RegexCompiler } from '../core/policy/capabilities';

const MAX_PATTERN_CHARACTERS = 1000;

/** Patterns of policies, matched anywhere in the text in time linear in its length; no look-around, no back-references. */
export function createRegexCompiler(): RegexCompiler {
  return {
    compile: (pattern) => {
      if (pattern.length > MAX_PATTERN_CHARACTERS) {
        return { ok: false, problem: `longer than ${MAX_PATTERN_CHARACTERS} characters` };
      }
      try {
        const compiled = RE2JS.compile(pattern);
        return { ok: true, test: (text) => compiled.matcher(text).find() };
      } catch (error) {
        return {
          ok: false,
          problem: error instanceof Error ? error.message.slice(0, 200) : 'invalid',
        };
      }
    },
  };
}
