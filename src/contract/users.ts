import { z } from 'zod';
import { ROLES } from '../core/access/permissions';
import { slug, userId } from './identifiers';

const unique = (names: readonly string[]): boolean => new Set(names).size === names.length;
const EACH_ONCE = 'name each only once';

export const userParams = z.object({ userId });

/** Body of `POST /v1/users`. */
export const createUserBody = z
  .strictObject({
    id: userId,
    email: z.email('use an e-mail address').max(254),
    name: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .exactOptional()
      .meta({ description: 'Defaults to id.' }),
    roles: z.array(z.enum(ROLES)).max(ROLES.length).refine(unique, EACH_ONCE).default([]),
    approverRoles: z
      .array(slug)
      .max(50)
      .refine(unique, EACH_ONCE)
      .default([])
      .meta({ description: 'What this person may decide; policies and chains name these.' }),
    manager: userId.exactOptional().meta({
      description: 'Whom `manager_of: requester` in a chain asks; the user may be created later.',
    }),
  })
  .meta({
    id: 'CreateUser',
    example: {
      id: 'alice',
      email: 'alice@example.com',
      name: 'Alice',
      roles: ['Operator'],
      approverRoles: ['support-manager'],
    },
  });

export const issueKeyBody = z
  .strictObject({ label: z.string().max(100).exactOptional() })
  .meta({ id: 'IssueKey' });

const user = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    roles: z.array(z.enum(ROLES)),
    approverRoles: z.array(z.string()),
    manager: z.string().exactOptional(),
  })
  .meta({ id: 'User' });

export const createdUser = user
  .extend({ warnings: z.array(z.string()).exactOptional() })
  .meta({ id: 'CreatedUser' });

export const userList = z.object({ items: z.array(user) }).meta({ id: 'UserList' });

export const issuedKey = z
  .object({ id: z.string(), key: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'IssuedKey' });
