import { z } from 'zod';
import { isoTime, slug, userId } from './identifiers';

export const groupParams = z.object({ groupId: slug });

const eachOnce = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** Body of `PUT /v1/groups/{groupId}`: the whole new content. */
export const putGroupBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200).exactOptional(),
    members: z
      .array(userId)
      .max(1_000)
      .refine(eachOnce, 'name each only once')
      .meta({ description: 'User ids; every one must exist.' }),
  })
  .meta({ id: 'PutGroup', example: { name: 'Finance', members: ['alice', 'carol'] } });

export const group = z
  .object({ id: z.string(), name: z.string(), members: z.array(z.string()) })
  .meta({ id: 'Group' });

export const groupList = z.object({ items: z.array(group) }).meta({ id: 'GroupList' });

export const scheduleParams = z.object({ schedule: slug });

const shift = z
  .strictObject({ user: userId, from: isoTime, to: isoTime })
  // What is no time has been refused by itself, and compares as false.
  .refine(({ from, to }) => !(Date.parse(from) >= Date.parse(to)), {
    path: ['to'],
    error: 'must be after from',
  });

/** Body of `PUT /v1/on-call/{schedule}`: all shifts, in any order; overlapping ones put several on call. */
export const putOnCallBody = z.strictObject({ shifts: z.array(shift).max(500) }).meta({
  id: 'PutOnCall',
  example: {
    shifts: [{ user: 'alice', from: '2026-03-02T09:00:00Z', to: '2026-03-09T09:00:00Z' }],
  },
});

export const onCallSchedule = z
  .object({
    schedule: z.string(),
    shifts: z.array(z.object({ user: z.string(), from: isoTime, to: isoTime })),
    onCallNow: z.array(z.string()),
  })
  .meta({ id: 'OnCallSchedule' });

export const onCallList = z.object({ items: z.array(onCallSchedule) }).meta({ id: 'OnCallList' });
