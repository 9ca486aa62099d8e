import type { Command, OptionValues } from 'commander';
import { ArgumentError } from '../errors.js';

/** The condition under which an option has an effect. */
export interface Condition {
  /** The other option that it needs, for the message: `--measure`. */
  readonly needs: string;
  readonly holds: (flags: OptionValues, args: readonly string[]) => boolean;
}

/**
 * Makes it an error to give an option that would have no effect, before any work begins. Options that exclude each other
 * by name alone use commander's `conflicts`.
 *
 * @param conditions by the option's attribute name, such as `hiddenUnits`
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
        `${option.long ?? name}: expected ${condition.needs} with it, as it has no effect otherwise`,
      );
    }
  });
}
