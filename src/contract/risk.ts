import { z } from 'zod';
import { EFFECTS } from '../core/policy/model';
import type { RiskModel } from '../core/risk/describe-model';
import { RISK_FACTOR_NAMES, RISK_LEVELS, type RiskScore } from '../core/risk/model';

const level = z.enum(RISK_LEVELS);
const factorName = z.enum(RISK_FACTOR_NAMES);

export const riskScore: z.ZodType<RiskScore> = z
  .object({
    score: z.int().min(0).max(100),
    level,
    factors: z
      .array(z.object({ name: factorName, points: z.int(), why: z.string() }))
      .meta({ description: 'The points of all factors add up to the score.' }),
  })
  .meta({ id: 'RiskScore' });

export const riskModel: z.ZodType<RiskModel> = z
  .object({
    version: z.int(),
    levels: z.array(
      z.object({
        level,
        from: z.int(),
        to: z.int(),
        effect: z.enum(EFFECTS),
        chain: z.string().meta({ description: 'Chain of an approval that names none.' }),
      }),
    ),
    factors: z.array(
      z.object({
        name: factorName,
        from: z.string(),
        most: z.int().exactOptional(),
        weights: z.array(
          z.object({
            value: z.string(),
            points: z.int(),
            why: z.string(),
            words: z.array(z.string()).exactOptional(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'RiskModel' });
