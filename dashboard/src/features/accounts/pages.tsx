// The pages of accounts by their names in the address.
import { LEVEL_PAGES } from "./levels";
import { AccountsPage } from "./AccountsPage";

export const organizations = () => <AccountsPage of={LEVEL_PAGES.organizations} key="organizations" />;
export const teams = () => <AccountsPage of={LEVEL_PAGES.teams} key="teams" />;
export const projects = () => <AccountsPage of={LEVEL_PAGES.projects} key="projects" />;
export const users = () => <AccountsPage of={LEVEL_PAGES.users} key="users" />;
export const services = () => <AccountsPage of={LEVEL_PAGES.services} key="services" />;
export const customers = () => <AccountsPage of={LEVEL_PAGES.customers} key="customers" />;
export const plans = () => <AccountsPage of={LEVEL_PAGES.plans} key="plans" />;
export const tags = () => <AccountsPage of={LEVEL_PAGES.tags} key="tags" />;
