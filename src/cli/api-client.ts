import type { ReceiptView } from '../app/read-receipt';
import type {
  EvaluationView,
  ExecutionSummary,
  ExecutionView,
  PendingApproval,
  VoteReceipt,
} from '../core/execution/view';
import type { Json } from '../core/json';
import type { RiskModel } from '../core/risk/describe-model';
import type { RiskScore } from '../core/risk/model';
import { createRequester, type ApiRequest, type Requester, type TextBody } from './api-request';
import type {
  Agent,
  AuditEventView,
  ChainDetail,
  ChainValidation,
  ChainView,
  CreatedUser,
  EngagedKillSwitch,
  EngageKillSwitchBody,
  Group,
  IntegrityReport,
  IssuedKey,
  KillSwitchView,
  NewAgentBody,
  OnCallSchedule,
  Page,
  PolicySummary,
  PolicyText,
  PublishedChain,
  PublishedPolicy,
  Readiness,
  RegisteredAgent,
  SlackIdentity,
  SlackStatus,
  ShiftBody,
  SubmitBody,
  SystemStatus,
  User,
  ValueList,
  WithdrawnChain,
} from './resources';

export interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The REST API, typed. Every method throws ApiProblem (refused) or ApiUnreachable (nobody answered). */
export interface ApiClient {
  readonly baseUrl: string;
  /** The same server with another credential. */
  withKey(apiKey: string): ApiClient;

  /** Needs no credential. */
  readiness(): Promise<Readiness>;
  status(): Promise<SystemStatus>;

  submit(body: SubmitBody): Promise<ExecutionView>;
  /** Decides and explains; stores nothing but an audit row. */
  dryRun(body: SubmitBody): Promise<EvaluationView>;
  evaluate(body: SubmitBody): Promise<EvaluationView>;
  scoreRisk(body: SubmitBody): Promise<RiskScore>;
  riskModel(): Promise<RiskModel>;
  /** With `waitMs` (at most 50,000) answers when the version passes `sinceVersion` or the time is up. */
  readExecution(
    id: string,
    wait?: {
      readonly waitMs?: number | undefined;
      readonly sinceVersion?: number | undefined;
      readonly attemptId?: string | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<ExecutionView>;
  /** With `wait` (`waitMs` at most 50,000) answers when the proof is there or the time is up. */
  readReceipt(
    id: string,
    wait?: {
      readonly wait: 'proof';
      readonly waitMs: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<ReceiptView>;
  listExecutions(
    query: PageQuery & {
      readonly status?: string | undefined;
      readonly agent?: string | undefined;
      readonly action?: string | undefined;
    },
  ): Promise<Page<ExecutionSummary>>;
  release(
    id: string,
    body: { readonly argsDigest: string; readonly attemptId: string },
  ): Promise<ExecutionView>;
  reportOutcome(
    id: string,
    body: {
      readonly status: 'committed' | 'failed';
      readonly attemptId?: string | undefined;
      readonly result?: Json | undefined;
      readonly error?: string | undefined;
    },
  ): Promise<ExecutionView>;
  cancel(id: string, body: { readonly reason: string }): Promise<ExecutionView>;

  pendingApprovals(query?: PageQuery): Promise<Page<PendingApproval>>;
  readApproval(id: string): Promise<PendingApproval>;
  vote(
    id: string,
    verdict: 'approve' | 'reject' | 'escalate',
    body: {
      readonly rationale: string;
      readonly argsDigest?: string | undefined;
      readonly displayDigest?: string | undefined;
    },
  ): Promise<VoteReceipt>;

  createPolicy(policy: {
    readonly id: string;
    readonly text: string;
    readonly contentType: 'application/yaml' | 'application/json';
    readonly publish: boolean;
  }): Promise<PublishedPolicy>;
  listPolicies(): Promise<Page<PolicySummary>>;
  readPolicy(id: string, version?: number): Promise<PolicyText>;
  putList(name: string, values: readonly string[]): Promise<ValueList>;
  readList(name: string): Promise<ValueList>;
  listLists(): Promise<Page<ValueList>>;

  listChains(): Promise<Page<ChainView>>;
  readChain(id: string, version?: number): Promise<ChainDetail>;
  /** With `id` a document of another id is refused. */
  publishChain(document: TextBody, id?: string): Promise<PublishedChain>;
  validateChain(document: TextBody): Promise<ChainValidation>;
  withdrawChain(id: string): Promise<WithdrawnChain>;

  listGroups(): Promise<Page<Group>>;
  readGroup(id: string): Promise<Group>;
  putGroup(
    id: string,
    body: { readonly name?: string; readonly members: readonly string[] },
  ): Promise<Group>;
  listOnCall(): Promise<Page<OnCallSchedule>>;
  readOnCall(schedule: string): Promise<OnCallSchedule>;
  putOnCall(schedule: string, shifts: readonly ShiftBody[]): Promise<OnCallSchedule>;

  createUser(user: User): Promise<CreatedUser>;
  listUsers(): Promise<Page<User>>;
  issueUserKey(userId: string, body: { readonly label?: string | undefined }): Promise<IssuedKey>;
  linkSlackIdentity(
    userId: string,
    account: { readonly teamId: string; readonly userId: string },
  ): Promise<SlackIdentity>;
  listSlackIdentities(userId: string): Promise<Page<SlackIdentity>>;
  unlinkSlackIdentity(userId: string, identityId: string): Promise<SlackIdentity>;
  redeemSlackLink(code: string): Promise<SlackIdentity>;
  slackStatus(): Promise<SlackStatus>;
  registerAgent(body: NewAgentBody): Promise<RegisteredAgent>;
  listAgents(): Promise<Page<Agent>>;

  engageKillSwitch(body: EngageKillSwitchBody): Promise<EngagedKillSwitch>;
  liftKillSwitch(id: string, reason: string): Promise<KillSwitchView>;
  listKillSwitches(): Promise<Page<KillSwitchView>>;

  auditIntegrity(): Promise<IntegrityReport>;
  auditEvents(
    query: PageQuery & {
      readonly executionId?: string | undefined;
      readonly type?: string | undefined;
    },
  ): Promise<Page<AuditEventView>>;
}

export interface ApiClientOptions {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly fetch: typeof fetch;
}

/** Reading the whole audit chain takes the server longer than any other call. */
const VERIFY_TIMEOUT_MS = 10 * 60_000;

/** A client of one server with one credential; makes no call by itself and keeps no state. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const send = createRequester(options);
  return {
    baseUrl: options.baseUrl,
    withKey: (apiKey) => createApiClient({ ...options, apiKey }),
    ...executionCalls(send),
    ...approvalCalls(send),
    ...policyCalls(send),
    ...chainCalls(send),
    ...groupCalls(send),
    ...registryCalls(send),
    ...channelCalls(send),
    ...controlCalls(send),
  };
}

const part = encodeURIComponent;
const get = (path: string, query?: ApiRequest['query']): ApiRequest => ({
  method: 'GET',
  path,
  query,
});
const post = (path: string, json: unknown): ApiRequest => ({ method: 'POST', path, json });

const executionCalls = (send: Requester) => ({
  submit: (body: SubmitBody) => send<ExecutionView>(post('/v1/executions', body)),
  dryRun: (body: SubmitBody) =>
    send<EvaluationView>(post('/v1/executions', { ...body, mode: 'dry_run' })),
  evaluate: (body: SubmitBody) => send<EvaluationView>(post('/v1/policies/evaluate', body)),
  scoreRisk: (body: SubmitBody) => send<RiskScore>(post('/v1/risk/score', body)),
  riskModel: () => send<RiskModel>(get('/v1/risk/factors')),
  readExecution: ((id, wait = {}) => {
    const { signal, ...query } = wait;
    return send<ExecutionView>({
      ...get(`/v1/executions/${part(id)}`, query),
      signal,
      extraTimeoutMs: wait.waitMs ?? 0,
    });
  }) satisfies ApiClient['readExecution'],
  readReceipt: ((id, wait) => {
    const { signal, ...query } = wait ?? {};
    return send<ReceiptView>({
      ...get(`/v1/executions/${part(id)}/receipt`, query),
      signal,
      extraTimeoutMs: wait?.waitMs ?? 0,
    });
  }) satisfies ApiClient['readReceipt'],
  listExecutions: ((query) =>
    send(get('/v1/executions', { ...query }))) satisfies ApiClient['listExecutions'],
  release: ((id, body) =>
    send(post(`/v1/executions/${part(id)}/release`, body))) satisfies ApiClient['release'],
  reportOutcome: ((id, body) =>
    send(post(`/v1/executions/${part(id)}/outcome`, body))) satisfies ApiClient['reportOutcome'],
  cancel: ((id, body) =>
    send(post(`/v1/executions/${part(id)}/cancel`, body))) satisfies ApiClient['cancel'],
});

const approvalCalls = (send: Requester) => ({
  pendingApprovals: ((query = {}) =>
    send(get('/v1/approvals/pending', { ...query }))) satisfies ApiClient['pendingApprovals'],
  readApproval: (id: string) => send<PendingApproval>(get(`/v1/approvals/${part(id)}`)),
  vote: ((id, verdict, body) =>
    send(post(`/v1/approvals/${part(id)}/${verdict}`, body))) satisfies ApiClient['vote'],
});

const policyCalls = (send: Requester) => ({
  createPolicy: ((policy) =>
    send({
      method: 'POST',
      path: '/v1/policies',
      query: { id: policy.id, publish: policy.publish ? 'true' : 'false' },
      text: { content: policy.text, contentType: policy.contentType },
    })) satisfies ApiClient['createPolicy'],
  listPolicies: () => send<Page<PolicySummary>>(get('/v1/policies')),
  readPolicy: (id: string, version?: number) =>
    send<PolicyText>(get(`/v1/policies/${part(id)}`, { version })),
  putList: (name: string, values: readonly string[]) =>
    send<ValueList>({ method: 'PUT', path: `/v1/lists/${part(name)}`, json: { values } }),
  readList: (name: string) => send<ValueList>(get(`/v1/lists/${part(name)}`)),
  listLists: () => send<Page<ValueList>>(get('/v1/lists')),
});

const chainCalls = (send: Requester) => ({
  listChains: () => send<Page<ChainView>>(get('/v1/chains')),
  readChain: (id: string, version?: number) =>
    send<ChainDetail>(get(`/v1/chains/${part(id)}`, { version })),
  publishChain: (text: TextBody, id?: string) =>
    send<PublishedChain>(
      id === undefined
        ? { method: 'POST', path: '/v1/chains', text }
        : { method: 'PUT', path: `/v1/chains/${part(id)}`, text },
    ),
  validateChain: (text: TextBody) =>
    send<ChainValidation>({ method: 'POST', path: '/v1/chains/validate', text }),
  withdrawChain: (id: string) =>
    send<WithdrawnChain>({ method: 'DELETE', path: `/v1/chains/${part(id)}` }),
});

const groupCalls = (send: Requester) => ({
  listGroups: () => send<Page<Group>>(get('/v1/groups')),
  readGroup: (id: string) => send<Group>(get(`/v1/groups/${part(id)}`)),
  putGroup: ((id, body) =>
    send({
      method: 'PUT',
      path: `/v1/groups/${part(id)}`,
      json: body,
    })) satisfies ApiClient['putGroup'],
  listOnCall: () => send<Page<OnCallSchedule>>(get('/v1/on-call')),
  readOnCall: (schedule: string) => send<OnCallSchedule>(get(`/v1/on-call/${part(schedule)}`)),
  putOnCall: ((schedule, shifts) =>
    send({
      method: 'PUT',
      path: `/v1/on-call/${part(schedule)}`,
      json: { shifts },
    })) satisfies ApiClient['putOnCall'],
});

const registryCalls = (send: Requester) => ({
  createUser: (user: User) => send<CreatedUser>(post('/v1/users', user)),
  listUsers: () => send<Page<User>>(get('/v1/users')),
  issueUserKey: ((userId, body) =>
    send(post(`/v1/users/${part(userId)}/keys`, body))) satisfies ApiClient['issueUserKey'],
  registerAgent: (body: NewAgentBody) => send<RegisteredAgent>(post('/v1/agents', body)),
  listAgents: () => send<Page<Agent>>(get('/v1/agents')),
});

const channelCalls = (send: Requester) => ({
  linkSlackIdentity: ((userId, account) =>
    send(
      post(`/v1/users/${part(userId)}/slack-identities`, account),
    )) satisfies ApiClient['linkSlackIdentity'],
  listSlackIdentities: (userId: string) =>
    send<Page<SlackIdentity>>(get(`/v1/users/${part(userId)}/slack-identities`)),
  unlinkSlackIdentity: (userId: string, identityId: string) =>
    send<SlackIdentity>({
      method: 'DELETE',
      path: `/v1/users/${part(userId)}/slack-identities/${part(identityId)}`,
    }),
  redeemSlackLink: (code: string) =>
    send<SlackIdentity>(post('/v1/channels/slack/links', { code })),
  slackStatus: () => send<SlackStatus>(get('/v1/channels/slack/status')),
});

const controlCalls = (send: Requester) => ({
  readiness: () => send<Readiness>({ ...get('/readyz'), answersDown: true }),
  status: () => send<SystemStatus>(get('/v1/status')),
  engageKillSwitch: ((body) =>
    send(post('/v1/kill-switches', body))) satisfies ApiClient['engageKillSwitch'],
  liftKillSwitch: (id: string, reason: string) =>
    send<KillSwitchView>({
      method: 'DELETE',
      path: `/v1/kill-switches/${part(id)}`,
      json: { reason },
    }),
  listKillSwitches: () => send<Page<KillSwitchView>>(get('/v1/kill-switches')),
  auditIntegrity: () =>
    send<IntegrityReport>({ ...get('/v1/audit/integrity'), extraTimeoutMs: VERIFY_TIMEOUT_MS }),
  auditEvents: ((query) =>
    send(get('/v1/audit/events', { ...query }))) satisfies ApiClient['auditEvents'],
});
