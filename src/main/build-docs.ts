import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorReference } from './error-reference';

// Started by `npm run docs` from the root of the repository.
writeFileSync(join(process.cwd(), 'docs', 'errors.md'), errorReference());
