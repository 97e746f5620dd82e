import { z } from 'zod';
import { DomainError } from '../core/errors';
import type { JsonObject } from '../core/json';
import { REVERSIBILITIES, RISK_LEVELS } from '../core/risk/model';
import { actionName, jsonObject, shortText, slug, userId } from './identifiers';

const aboutTool = {
  description: z.string().max(1_000).exactOptional(),
  argsSchema: jsonObject.exactOptional(),
  reversibility: z.enum(REVERSIBILITIES).exactOptional().meta({
    description: 'How far what the tool does can be taken back; part of the risk score.',
  }),
};

const tool = z.strictObject({ name: actionName, ...aboutTool });

const toolOrName = z
  .union([actionName, tool], {
    error: 'use the name of a tool, or { name, description?, argsSchema?, reversibility? }',
  })
  .meta({ id: 'Tool' });

const MOST_TOOLS = 200;

const toolsByName = z
  .record(actionName, z.strictObject(aboutTool))
  .refine((tools) => Object.keys(tools).length <= MOST_TOOLS, {
    error: `name at most ${String(MOST_TOOLS)} tools`,
  });

const tools = z.union([z.array(toolOrName).max(MOST_TOOLS), toolsByName]).meta({
  description: 'A list of names or tools, or what is known of each tool by its name.',
});

/** Body of `POST /v1/agents`. */
export const registerAgentBody = z
  .strictObject({
    id: slug.exactOptional().meta({ description: 'Defaults to a slug of the name.' }),
    name: shortText.exactOptional(),
    owner: userId.meta({ description: 'User who answers for the agent; may be created later.' }),
    riskLevel: z.enum(RISK_LEVELS),
    environment: slug,
    environments: z
      .array(slug)
      .min(1)
      .max(50)
      .exactOptional()
      .meta({ description: 'Where the agent may act; defaults to its environment.' }),
    model: shortText.exactOptional(),
    team: shortText.exactOptional(),
    policies: z.array(slug).max(100).default([]),
    tags: z.array(slug).max(50).default([]),
    tools: tools.default([]),
  })
  .refine((body) => body.id !== undefined || body.name !== undefined, {
    path: ['id'],
    error: 'is required unless name is given',
  })
  .refine(
    (body) => body.environments === undefined || body.environments.includes(body.environment),
    { path: ['environments'], error: 'must include environment' },
  )
  .meta({
    id: 'RegisterAgent',
    example: { id: 'support-bot', owner: 'bob', riskLevel: 'medium', environment: 'prod' },
  });

/** The registration with every default filled in. */
export interface RegisterAgentInput {
  readonly id: string;
  readonly name?: string;
  readonly owner: string;
  readonly model?: string;
  readonly team?: string;
  readonly riskLevel: (typeof RISK_LEVELS)[number];
  readonly environment: string;
  readonly environments: readonly string[];
  readonly policies: readonly string[];
  readonly tags: readonly string[];
  /** Tool name → what was said about it. */
  readonly tools: JsonObject;
}

/** @throws DomainError `validation_failed` when the name has no letter or digit to make an id of. */
export function toRegisterAgentInput(body: z.output<typeof registerAgentBody>): RegisterAgentInput {
  const { id, environments, tools, ...rest } = body;
  return {
    ...rest,
    id: id ?? slugOf(rest.name ?? ''),
    environments: environments ?? [rest.environment],
    tools: Array.isArray(tools)
      ? Object.fromEntries(
          tools.map((entry) => {
            if (typeof entry === 'string') return [entry, {}];
            const { name, ...about } = entry;
            return [name, about];
          }),
        )
      : tools,
  };
}

function slugOf(name: string): string {
  const made = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-|-$/g, '');
  if (made === '') {
    const message = 'is required: the name has no letter or digit to make an id of';
    throw new DomainError('validation_failed', { problems: [{ path: 'id', message }] });
  }
  return made;
}

const profileFields = {
  id: z.string(),
  owner: z.string(),
  name: z.string().exactOptional(),
  model: z.string().exactOptional(),
  team: z.string().exactOptional(),
  riskLevel: z.enum(RISK_LEVELS),
  environment: z.string(),
  environments: z.array(z.string()),
  tags: z.array(z.string()),
  status: z.enum(['active', 'suspended', 'retired']),
  tools: z
    .record(z.string(), z.object({ reversibility: z.enum(REVERSIBILITIES) }))
    .exactOptional()
    .meta({ description: 'The tools whose reversibility is known.' }),
};

export const agentList = z
  .object({ items: z.array(z.object(profileFields).meta({ id: 'Agent' })) })
  .meta({ id: 'AgentList' });

export const registeredAgent = z
  .object({
    ...profileFields,
    key: z.string().meta({ description: "The agent's API key, shown this once." }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'RegisteredAgent' });
