// What this page and ChatServlet say to each other, written by the build from the servlet's
// registrations and its records: a renamed type or field breaks the type check of this page.
import type {} from '#messages';
