import { SCRIPT_APP } from './page-script-app';
import { SCRIPT_BLOCKS } from './page-script-blocks';
import { SCRIPT_TEXT } from './page-script-text';

/** The page's whole script, for browsers; it shares no name with anything else on the page. */
export const PAGE_SCRIPT = `'use strict';\n(() => {${SCRIPT_TEXT}${SCRIPT_BLOCKS}${SCRIPT_APP}})();\n`;
