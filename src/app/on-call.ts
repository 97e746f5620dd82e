import { DomainError } from '../core/errors';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { Schedule, Shift } from './chain-ports';
import { requireUsers, type GroupDeps } from './groups';

/** Times are ISO 8601; the end is excluded. */
export interface ShiftView {
  readonly user: string;
  readonly from: string;
  readonly to: string;
}

export interface ScheduleView {
  readonly schedule: string;
  readonly shifts: readonly ShiftView[];
  /** User ids, by the database's clock when this was read. */
  readonly onCallNow: readonly string[];
}

const viewOf = ({ id, shifts, onCallNow }: Schedule): ScheduleView => ({
  schedule: id,
  shifts: shifts.map(({ user, fromMs, toMs }) => ({
    user,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  })),
  onCallNow,
});

/** Replaces all shifts of a schedule. Overlapping ones put several people on call. */
export function createPutOnCall(deps: GroupDeps) {
  const read = createReadOnCall(deps);
  return async (
    caller: Caller,
    input: { readonly schedule: string; readonly shifts: readonly ShiftView[] },
  ): Promise<ScheduleView> => {
    requirePermission(caller, 'groups:write');
    const shifts = input.shifts.map(({ user, from, to }): Shift => ({
      user,
      fromMs: Date.parse(from),
      toMs: Date.parse(to),
    }));
    const users = shifts.map(({ user }) => user);
    await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        await requireUsers(tx, users, (index) => `shifts[${String(index)}].user`);
        await tx.registry.putSchedule(input.schedule, shifts);
        tx.audit({
          type: 'schedule.changed',
          actor: actorOf(caller),
          target: { kind: 'schedule', id: input.schedule },
          context: { shifts: shifts.length, users: [...new Set(users)].sort().slice(0, 50) },
        });
      },
    });
    return read(caller, input.schedule);
  };
}

export function createListOnCall({ reads }: Pick<GroupDeps, 'reads'>) {
  return async (caller: Caller): Promise<{ readonly items: readonly ScheduleView[] }> => {
    requirePermission(caller, 'groups:read');
    return { items: (await reads.schedules(caller.tenant)).map(viewOf) };
  };
}

export function createReadOnCall({ reads }: Pick<GroupDeps, 'reads'>) {
  return async (caller: Caller, id: string): Promise<ScheduleView> => {
    requirePermission(caller, 'groups:read');
    const schedule = await reads.schedule(caller.tenant, id);
    if (schedule === undefined)
      throw new DomainError('not_found', { what: `No on-call schedule ${id} exists.` });
    return viewOf(schedule);
  };
}
