#!/usr/bin/env bash
# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What the workflow needs of GitHub, by GitHub's own command gh. GH_TOKEN is the token of the job.
#
#   ci/github.sh comment NUMBER FILE         keep one comment on a pull request up to date
#   ci/github.sh fetch-plan FOLDER           get the plan of the pull request that was merged as GITHUB_SHA
#   ci/github.sh fetch-plan-by-hand FOLDER   get the plan of this run
#   ci/github.sh drift-issue CODE FILE       open, update or close the issue about drift, by the exit code of
#                                            ./external-users drift; fails if the check failed

set -euo pipefail

repository="repos/$GITHUB_REPOSITORY"
run_url="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
label="external-users-drift"
largest_artifact=$((64 * 1024 * 1024))

stop() {
  echo "::error::$1"
  exit 1
}

comment() {
  local number=$1 file=$2 id
  [ -s "$file" ] || stop "There is no $file. The plan failed before there was a report; see the log of the step before."
  # a comment of somebody else is never edited, whatever it begins with
  id=$(
    gh api --paginate "$repository/issues/$number/comments" --jq '.[]
      | select(.user.login == "github-actions[bot]")
      | select(.body | startswith("<!-- superoffice.crm external users -->"))
      | .id' | tail -n 1
  )
  if [ -n "$id" ]; then
    gh api --silent --method PATCH "$repository/issues/comments/$id" --field "body=@$file"
  else
    gh api --silent --method POST "$repository/issues/$number/comments" --field "body=@$file"
  fi
}

# The plan is taken from a run of this workflow, on the commit that was merged, for the pull request that was merged
# into this branch. An artifact is downloaded as a whole, to a folder of its own outside the checkout; apply.yml reads
# plan.json in it, or HOST/plan.json if an installation has a name, and no other file.
fetch_plan() {
  local folder=$1 request number head artifact run size is_ours
  request=$(
    gh api "$repository/commits/$GITHUB_SHA/pulls" --jq '.[]
      | select(.merged_at and .merge_commit_sha == env.GITHUB_SHA and .base.ref == env.GITHUB_REF_NAME)
      | "\(.number) \(.head.sha)"'
  )
  [ "$(wc -w <<< "$request")" -eq 2 ] ||
    stop "Commit $GITHUB_SHA is not the merge of one pull request into $GITHUB_REF_NAME, so that there is no reviewed plan."
  read -r number head <<< "$request"
  artifact=$(
    HEAD=$head gh api --paginate "$repository/actions/artifacts?name=plan-$number&per_page=100" --jq '.artifacts[]
      | select(.workflow_run.head_sha == env.HEAD and (.expired | not))
      | select(.workflow_run.head_repository_id == .workflow_run.repository_id)
      | "\(.id) \(.workflow_run.id) \(.size_in_bytes)"' | sort -n | tail -n 1
  )
  [ -n "$artifact" ] || stop "There is no plan of pull request $number as it was merged ($head). Run the workflow by hand."
  read -r _ run size <<< "$artifact"
  is_ours=$(
    gh api "$repository/actions/runs/$run" --jq '.event == "pull_request" and .conclusion == "success"
      and (.path | startswith(".github/workflows/external-users.yml"))'
  )
  [ "$is_ours" = true ] || stop "Run $run, which has the plan of pull request $number, is no successful run of this workflow."
  download "$run" "plan-$number" "$size" "$folder"
}

fetch_plan_by_hand() {
  local folder=$1 size
  size=$(
    gh api "$repository/actions/runs/$GITHUB_RUN_ID/artifacts?name=plan-by-hand" --jq '[.artifacts[] | select(.expired | not)]
      | max_by(.id) | .size_in_bytes // empty'
  )
  [ -n "$size" ] || stop "This run has no plan, or it has expired. Run the workflow again."
  download "$GITHUB_RUN_ID" plan-by-hand "$size" "$folder"
}

download() {
  local run=$1 name=$2 size=$3 folder=$4
  [ "$size" -le "$largest_artifact" ] || stop "The artifact $name of run $run has $size bytes, which is too large for a plan."
  rm -rf "$folder"
  gh run download "$run" --repo "$GITHUB_REPOSITORY" --name "$name" --dir "$folder"
  echo "Fetched the plan of run $run."
}

drift_issue() {
  local code=$1 file=$2 number
  case $code in
    0 | 2) ;;
    *) stop "The check for drift failed. The issue about drift, if there is one, was left as it is." ;;
  esac
  number=$(
    gh issue list --repo "$GITHUB_REPOSITORY" --app github-actions --label "$label" --state open --limit 1 \
      --json number --jq '.[].number'
  )
  if [ "$code" = 2 ]; then
    echo "::warning::External users are out of sync."
    if [ -n "$number" ]; then
      gh issue edit "$number" --repo "$GITHUB_REPOSITORY" --body-file "$file"
    else
      gh label create "$label" --repo "$GITHUB_REPOSITORY" --force --description "External users are out of sync"
      gh issue create --repo "$GITHUB_REPOSITORY" --label "$label" --body-file "$file" \
        --title "External users are out of sync"
    fi
  elif [ -n "$number" ]; then
    gh issue close "$number" --repo "$GITHUB_REPOSITORY" --comment "All external users are in sync: $run_url"
  fi
}

case ${1:-} in
  comment | fetch-plan | fetch-plan-by-hand | drift-issue)
    command=${1//-/_}
    shift
    "$command" "$@"
    ;;
  *) stop "usage: ci/github.sh comment NUMBER FILE | fetch-plan FOLDER | fetch-plan-by-hand FOLDER | drift-issue CODE FILE" ;;
esac
