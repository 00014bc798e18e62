"""A client that this project did not write drives the fake Canvas.

Usage: canvasapi_peer.py FACTS

FACTS is the line of JSON that `fake_canvas --json` prints. Each step says what it asks of the fake
and fails loudly; steps marked NOTE are those where the client itself is at fault.
"""

import json
import sys
import tempfile
import time
import warnings

from canvasapi import Canvas
from canvasapi.exceptions import (
    BadRequest,
    Forbidden,
    InvalidAccessToken,
    ResourceDoesNotExist,
)
from canvasapi.group import Group

warnings.simplefilter("ignore")  # it warns of plain http, which is loopback here

steps = 0


def step(text, holds):
    global steps
    steps += 1
    print(f"{'ok' if holds else 'FAILED':>6}  {text}")
    if not holds:
        sys.exit(1)


def note(text):
    print(f"  NOTE  {text}")


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    return None


def requester(canvas):
    """The client keeps it private, and has no call for the permissions in a group."""
    return canvas._Canvas__requester


def wait(progress):
    for _ in range(200):
        progress = progress.query()
        if progress.workflow_state in ("completed", "failed"):
            return progress
        time.sleep(0.05)
    return progress


def small_school(facts):
    canvas = Canvas(facts["url"], facts["token"])
    teacher = Canvas(facts["url"], facts["teacher"]["token"])
    student = Canvas(facts["url"], facts["student"]["token"])
    course = teacher.get_course(facts["course"])
    students = facts["students"]
    step("gets a course", course.name == "Mathematics 101")
    by_sis = canvas.get_course("MATH-101", use_sis_id=True)
    step("gets it by its SIS id", by_sis.id == course.id)
    step("lists one's courses", [c.id for c in teacher.get_courses()] == [course.id])
    account = canvas.get_account(1)
    step("gets an account", account.name == "School")
    step("lists its courses", course.id in [c.id for c in account.get_courses()])

    # People
    users = list(course.get_users(enrollment_type=["student"], per_page=5))
    step("pages through the students of a course", sorted(u.id for u in users) == students)
    found = [u.id for u in course.get_users(search_term="S003")]
    step("searches them by SIS id", found == [students[2]])
    step("gets a user by login", canvas.get_user("ada.moreno", "sis_login_id").id == students[0])
    sections = list(course.get_sections(include=["students"]))
    step("lists sections with their students", sorted(len(s.students or []) for s in sections) == [0, 7, 7])
    enrolled = list(course.get_enrollments(per_page=4, type=["StudentEnrollment"]))
    step("pages through enrollments by bookmark", sorted(e.user_id for e in enrolled) == students)
    in_section = [e.course_section_id for e in sections[0].get_enrollments()]
    step("lists those of a section", in_section == [sections[0].id] * 7)

    # Lists
    groups = list(course.get_groups())
    step("lists the groups of a course", [g.id for g in groups] == facts["groups"])
    step("a group knows its course", groups[0].course_id == facts["course"])
    first = teacher.get_group(facts["groups"][0])
    step("lists the users of a group", sorted(u.id for u in first.get_users()) == students[:6])
    found = list(first.get_users(search_term="moreno"))
    step("searches users", [u.name for u in found] == ["Ada Moreno"])
    short = refused(BadRequest, lambda: list(first.get_users(search_term="a")))
    step("refuses a search of one letter", short and "search_term" in str(short))
    states = list(first.get_memberships(filter_states=["accepted"]))
    step("lists memberships by state", len(states) == 6)
    none = list(first.get_memberships(filter_states=["invited"]))
    step("no one is invited", none == [])

    # Creates
    category = course.create_group_category("Peer Set")
    step("creates a group set", category.name == "Peer Set" and category.groups_count == 0)
    again = refused(BadRequest, lambda: course.create_group_category("Peer Set"))
    step("refuses the same name twice", again and "already in use" in str(again))
    red = category.create_group(name="Red", description="the first")
    blue = category.create_group(name="Blue")
    step("creates groups in it", red.name == "Red" and red.group_category_id == category.id)
    blank = refused(BadRequest, lambda: category.create_group(name=" "))
    step("refuses a blank name", blank and "Name is required" in str(blank))

    # Edits
    edited = red.edit(name="Crimson", members=students[:3])
    step("renames a group", edited.name == "Crimson")
    step("replaces its members", sorted(u.id for u in red.get_users()) == students[:3])
    step("counts its members", teacher.get_group(red.id).members_count == 3)

    # Moves
    moved = blue.create_membership(students[0])
    step("adds a student", moved.workflow_state == "accepted" and moved.just_created)
    step("which takes them out of the other group", students[0] not in [u.id for u in red.get_users()])
    repeat = blue.create_membership(students[0])
    step("adding again finds the same membership", repeat.id == moved.id and not repeat.just_created)

    # Invites
    invited = list(blue.invite(["ines.silva@example.edu"]))
    step("invites by e-mail", [m.workflow_state for m in invited] == ["accepted"])
    step("an invited student is in at once", invited[0].user_id in [u.id for u in blue.get_users()])

    # Moderators
    promoted = moved.update(moderator=True)
    step("makes a moderator", promoted.moderator is True)
    member = blue.get_membership(students[0], "users")
    step("reads a membership by user", member.id == moved.id)
    note("GroupMembership.remove_self puts the membership's id where the group's belongs")
    lost = refused(ResourceDoesNotExist, lambda: moved.remove_self())
    step("so that removing oneself meets no group", lost is not None)
    step("removes a user", blue.remove_user(students[0]) is not None)
    gone = refused(ResourceDoesNotExist, lambda: blue.get_membership(students[0], "users"))
    step("who is gone then", gone is not None)

    # Assigns
    before = len(list(category.get_users(unassigned=True)))
    step("lists the unassigned", 0 < before < len(students))
    progress = wait(category.assign_members())
    step("assigns them in the background", progress.workflow_state == "completed")
    step("until none is left", list(category.get_users(unassigned=True)) == [])
    note("assign_members(sync=True) does not send sync: the answer is a Progress, not a list")

    # Settings of a group set
    updated = category.update(name="Peer Set 2", self_signup="enabled", group_limit=30)
    step("edits a group set", (updated.self_signup, updated.group_limit) == ("enabled", 30))
    renamed = category.update(name="Peer Set 3")
    step("a rename alone resets self sign-up and limit", renamed.self_signup is None and renamed.group_limit is None)
    note("GroupCategory.update has no way to keep what it does not name")

    # A file
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write(b"minutes of the meeting")
        file.flush()
        done, answer = red.upload(file.name)
        step("uploads a file", done and answer["size"] == 22)
        files = list(red.get_files())
        step("and lists it", [f.size for f in files] == [22])

    # Errors
    wrong = Canvas(facts["url"], "wrong")
    step("refuses a wrong token", refused(InvalidAccessToken, lambda: wrong.get_group(red.id)))
    forbidden = refused(Forbidden, lambda: student.get_course(facts["course"]).create_group_category("Mine"))
    step("refuses a student", forbidden and "not authorized" in str(forbidden))
    step("knows no group 999999", refused(ResourceDoesNotExist, lambda: teacher.get_group(999999)))
    step("reads a group's permissions", "read_roster" in str(requester(teacher).request(
        "GET", f"groups/{red.id}/permissions", permissions=["read_roster"]).json()))

    # Deletes
    step("deletes a group", red.delete().id == red.id)
    step("which is gone then", refused(ResourceDoesNotExist, lambda: teacher.get_group(red.id)))
    category.delete()
    step("deletes a group set", refused(ResourceDoesNotExist, lambda: teacher.get_group_category(category.id)))

    # A community
    community = canvas.create_group(name="Chess", is_public=True, join_level="parent_context_auto_join")
    step("creates a community", community.context_type == "Account")
    student = Canvas(facts["url"], facts["student"]["token"])
    # Nobody but its members may see it, public or not, so it is joined by its number alone.
    step("which a student may not see before joining", refused(Forbidden, lambda: student.get_group(community.id)))
    joined = Group(requester(student), {"id": community.id}).create_membership("self")
    step("which a student joins", joined.workflow_state == "accepted")
    step("lists the groups of an account", community.id in [g.id for g in account.get_groups()])


def large_school(facts):
    canvas = Canvas(facts["url"], facts["token"])
    category = canvas.get_group_category(facts["category"])
    users = list(category.get_users())
    step("pages through 250 users, each once", len({u.id for u in users}) == len(users) == 250)
    small_pages = list(category.get_users(per_page=7))
    step("and in pages of 7", [u.id for u in small_pages] == [u.id for u in users])
    groups = list(canvas.get_course(facts["course"]).get_groups(per_page=13))
    step("pages through 50 groups", len({g.id for g in groups}) == 50)


if __name__ == "__main__":
    facts = json.loads(sys.argv[1])
    if "students" in facts:
        small_school(facts)
    else:
        large_school(facts)
    print(f"{steps} steps ok")
