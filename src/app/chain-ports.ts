import type { ApproverSelector } from '../core/escalation/chain';
import type { PrincipalId, TenantId } from '../core/ids';

/** One immutable version of a tenant's own chain. */
export interface StoredChain {
  readonly id: string;
  readonly version: number;
  readonly text: string;
  /** Hex SHA-256 of the text. */
  readonly digest: string;
  readonly author: string;
  readonly createdAt: string;
  /** The version in force; null once the chain is withdrawn. */
  readonly publishedVersion: number | null;
}

export interface ChainReads {
  /** The chains of the tenant's own that are in force, by id. */
  chains(tenant: TenantId): Promise<readonly StoredChain[]>;
  /** The named version, else the one in force; undefined when there is none. */
  chain(
    tenant: TenantId,
    id: string,
    version: number | undefined,
  ): Promise<StoredChain | undefined>;
  /** Active people behind each selector now, by `describeSelector`; none for who depends on a request. */
  peopleBehind(
    tenant: TenantId,
    selectors: readonly ApproverSelector[],
  ): Promise<ReadonlyMap<string, readonly PrincipalId[]>>;
}

export interface ChainWrites {
  /**
   * Stores the text unless a version of the id has it already, and puts that version in force. New versions
   * count on from the highest stored and from `after`.
   */
  publishChain(chain: {
    readonly id: string;
    readonly text: string;
    readonly digest: string;
    readonly author: PrincipalId;
    readonly after: number;
  }): Promise<{ readonly version: number; readonly unchanged: boolean }>;
  /** Takes the chain out of force; the version that was, undefined when none was. */
  withdrawChain(id: string, by: PrincipalId): Promise<number | undefined>;
}

/** People who are asked together. Members are user ids, sorted. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** A person is on call from `fromMs` (included) to `toMs` (excluded), milliseconds of the database clock. */
export interface Shift {
  readonly user: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Schedule {
  readonly id: string;
  readonly shifts: readonly Shift[];
  /** User ids of the active people on call at the moment of reading, sorted. */
  readonly onCallNow: readonly string[];
}

export interface GroupReads {
  groups(tenant: TenantId): Promise<readonly Group[]>;
  group(tenant: TenantId, id: string): Promise<Group | undefined>;
  schedules(tenant: TenantId): Promise<readonly Schedule[]>;
  schedule(tenant: TenantId, id: string): Promise<Schedule | undefined>;
}

export interface GroupWrites {
  /** Those of the ids that are no users. */
  unknownUsers(ids: readonly string[]): Promise<readonly string[]>;
  /** Replaces the group; without a name it keeps the one it has. */
  putGroup(group: {
    readonly id: string;
    readonly name?: string;
    readonly members: readonly string[];
  }): Promise<Group>;
  /** Replaces all shifts of the schedule. */
  putSchedule(id: string, shifts: readonly Shift[]): Promise<void>;
}
