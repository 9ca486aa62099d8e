import type { Command, OptionValues } from 'commander';
import { ArgumentError } from '../errors.js';

/** When an option decides anything. */
export interface Condition {
  /** What has to be there, for people: `--measure`. */
  readonly needs: string;
  readonly holds: (flags: OptionValues, args: readonly string[]) => boolean;
}

/**
 * Refuses options that would decide nothing beside the others, before any work begins: an option is honoured, or it
 * is an error. What excludes each other by name alone is told to commander, by `conflicts`.
 *
 * @param conditions by the option's attribute: `hiddenUnits`
 */
export function honoured(
  command: Command,
  conditions: Readonly<Record<string, Condition>>,
): Command {
  return command.hook('preAction', (_, { args, options }) => {
    for (const option of options) {
      const name = option.attributeName();
      const condition = conditions[name];
      const isGiven = command.getOptionValueSource(name) === 'cli';
      if (condition === undefined || !isGiven || condition.holds(command.opts(), args)) continue;
      throw new ArgumentError(
        `${option.long ?? name}: expected ${condition.needs} beside it, got none; without that it decides nothing`,
      );
    }
  });
}
